/** One figure of a run, beside its bound or its peer from the same run. */
export interface Figure {
  readonly scenario: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Whether its seconds are those of a virtual clock; else they are real. */
  readonly time?: "virtual";
  /** What cannot be surpassed here, in the same unit. */
  readonly bound?: number;
  /** What something else does in the same run, or what is aimed at, in the same unit. */
  readonly peer?: number;
  /** The value divided by its bound or peer. */
  readonly ratio?: number;
}

/** A figure with its ratio worked out. */
export function figure(row: Omit<Figure, "ratio">): Figure {
  const beside = row.bound ?? row.peer;
  return beside === undefined || beside === 0 ? row : { ...row, ratio: round(row.value / beside) };
}

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const header = ["scenario", "figure", "value", "unit", "time", "bound", "peer", "ratio"];
  const rows = figures.map((each) => [each.scenario, each.figure, shown(each.value), each.unit, each.time ?? "real", shown(each.bound), shown(each.peer), shown(each.ratio)]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : String(round(value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
