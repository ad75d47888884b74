/** The system's error code, e.g. `ENOENT`; empty if the cause has none. */
export const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

/** The error's message, or the cause itself as text. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
