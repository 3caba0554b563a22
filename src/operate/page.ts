/** What a page answers. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A page of plain text. */
export function plainText(status: number, body: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
