export const VIEWS_PLUGIN = '@streamcell/lab:views';
export const LANGUAGE_PLUGIN = '@streamcell/lab:language';
export const STATUS_PLUGIN = '@streamcell/lab:status';
