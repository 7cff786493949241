import { Token } from '@lumino/coreutils';
import type { ControlChannels } from './control/channels.js';
import type { LiveSettings } from './settings.js';
import type { NotebookSql } from './sql/notebook-sql.js';

export const SETTINGS_PLUGIN = '@streamcell/lab:views';
export const SESSIONS_PLUGIN = '@streamcell/lab:sessions';
export const OUTPUTS_PLUGIN = '@streamcell/lab:outputs';
export const LANGUAGE_PLUGIN = '@streamcell/lab:language';
export const COMPLETION_PLUGIN = '@streamcell/lab:completion';
export const STATUS_PLUGIN = '@streamcell/lab:status';

/** The user's settings. */
export const ILiveSettings = new Token<LiveSettings>('@streamcell/lab:ILiveSettings');
/** The session behind each notebook. */
export const IControlChannels = new Token<ControlChannels>('@streamcell/lab:IControlChannels');
/** Flink SQL in cells. */
export const INotebookSql = new Token<NotebookSql>('@streamcell/lab:INotebookSql');
