import { LOG_LEVELS, type LogLevel } from './settings.js';

export type LogDetails = Readonly<Record<string, string | number>>;

/** One JSON object a line. Callers pass no tokens and no texts of statements: these hold passwords of connectors. */
export interface Log {
  (level: Exclude<LogLevel, 'silent'>, event: string, details?: LogDetails): void;
}

export function jsonLog(level: LogLevel, write: (line: string) => void): Log {
  const most = LOG_LEVELS.indexOf(level);
  return (of, event, details = {}) => {
    if (LOG_LEVELS.indexOf(of) > most) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: of, event, ...details })}\n`);
  };
}
