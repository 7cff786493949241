import { serveSubtasks } from '../dataflow/index.js';
import { VIEW_ENCODING } from './view-encoding.js';

serveSubtasks(VIEW_ENCODING);
