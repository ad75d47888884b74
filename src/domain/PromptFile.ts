import { Schema } from "effect"
import { BeadsId } from "./Ids.ts"

/** Bytes of UTF-8. The agent gets its prompt as one argument, and Linux allows 128 KiB for an argument. */
export const MAX_PROMPT_BYTES = 100 * 1024

/**
 * A prompt on disk, mode 0600, named after its issue.
 *
 * @example
 * new PromptFile({ beads: issue.id, path: "/tmp/nightly-dispatch-0a1b/bd-1.prompt" })
 */
export class PromptFile extends Schema.Class<PromptFile>("PromptFile")({
  beads: BeadsId,
  path: Schema.String
}) {}
