/** Everything of Vega, in a chunk of its own: it is loaded when the first chart is shown. */
export { default as embed, type Result, type VisualizationSpec } from 'vega-embed';
export { changeset, Error } from 'vega';
