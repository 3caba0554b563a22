/** A column of `kubectl get`; one of priority 1 shows with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** A column of a kind's own: header, path below the object, and what `kubectl` says about it. */
export interface OwnColumn {
  readonly name: string;
  readonly jsonPath: string;
  readonly description: string;
}

/**
 * The columns of a kind (DESIGN 1): Ready, Reason, the one that matters in its domain, Age; with `-o wide` the ids and
 * the message.
 */
export function printerColumns(domain: OwnColumn, ids: readonly OwnColumn[]): readonly PrinterColumn[] {
  return [
    text({ name: "Ready", jsonPath: ofReady("status"), description: "Whether Azure is as declared." }),
    text({ name: "Reason", jsonPath: ofReady("reason"), description: "Why it is ready or not, in one word." }),
    text(domain),
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since the object was created." },
    ...ids.map((column) => wide(column)),
    wide({ name: "Message", jsonPath: ofReady("message"), description: "What is the case and what to do." }),
  ];
}

function ofReady(member: string): string {
  return `.status.conditions[?(@.type=="Ready")].${member}`;
}

function text({ name, jsonPath, description }: OwnColumn): PrinterColumn {
  return { name, type: "string", jsonPath, description };
}

function wide(column: OwnColumn): PrinterColumn {
  return { ...text(column), priority: 1 };
}
