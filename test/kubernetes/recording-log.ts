import type { Log } from "../../src/kubernetes/ports.ts";

/** A line of a log. */
export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that a test can read. */
export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  debug(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "debug", message, fields });
  }

  info(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "info", message, fields });
  }

  warn(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "warn", message, fields });
  }

  error(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "error", message, fields });
  }

  /** Messages of a level. */
  at(level: keyof Log): readonly string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}
