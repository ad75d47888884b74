import type { Repository } from "../domain/Repository.ts"
import { attemptLine, fixPrompt, type FixPromptInput } from "./fixPrompt.ts"

/** What a dispatch knows of its prompt. `place`: where the worktree is, or will be. */
export interface CheckedPromptInput extends Pick<FixPromptInput, "issue" | "marker"> {
  readonly repository: Repository
  readonly place: { readonly path: string; readonly branch?: string | undefined }
  readonly earlier: ReadonlyArray<string>
}

/**
 * Renders the prompt and asks the runner whether it refuses this text. `refusal` is `undefined` if it does not. Leaves out
 * an earlier attempt that the runner refuses: otherwise one line of a tool's output could block the bug for ever.
 *
 * @example
 * checkedPrompt(input, runner.promptRefusal).refusal // undefined
 */
export const checkedPrompt = (
  { earlier, place, repository, ...input }: CheckedPromptInput,
  refusalOf: (text: string) => string | undefined
) => {
  const text = fixPrompt({
    ...input,
    repo: repository.name,
    worktree: place.path,
    ...(place.branch === undefined ? {} : { branch: place.branch }),
    earlier: earlier.filter((attempt) => refusalOf(attemptLine(attempt)) === undefined)
  })
  return { text, refusal: refusalOf(text) }
}
