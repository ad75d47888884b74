import { Either } from "effect"
import { Issue } from "../domain/Issue.ts"
import { MAX_PROMPT_BYTES } from "../domain/PromptFile.ts"
import type { Repository } from "../domain/Repository.ts"
import { attemptLine, fixPrompt, type FixPromptInput } from "./fixPrompt.ts"
import { remarkText, type Remark } from "./remark.ts"
import { ownTemplate, type Template, type TemplateFunction } from "./template.ts"
import { templateFor } from "./templateText.ts"
import { visible } from "./untrusted.ts"

/** What a dispatch knows of its prompt. `place`: where the worktree is, or will be. */
export interface CheckedPromptInput extends Pick<FixPromptInput, "issue" | "marker"> {
  /** Default: ours. */
  readonly template?: Template | TemplateFunction
  readonly repository: Repository
  readonly place: {
    readonly path: string
    readonly branch?: string | undefined
    readonly submodules?: ReadonlyArray<string> | undefined
  }
  readonly earlier: ReadonlyArray<string>
  readonly remark: Remark | undefined
}

type RefusalOf = (text: string) => string | undefined

/** Characters. Of three bytes each they are shorter than any prompt may be. */
const PIECE = 32 * 1024
/** More of a text is in no prompt. */
const PIECES = 4
/** Characters of comments. The newest comments with half as many fill a prompt. */
const COMMENTS = 2 * MAX_PROMPT_BYTES

/** Whether the runner refuses a text for what it says: not for its length, and not because it is empty. */
export const isRefused = (text: string, refusalOf: RefusalOf): boolean =>
  Array.from({ length: PIECES }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE)).some(
    (piece) => piece !== "" && refusalOf(`-\n${visible(piece)}`) !== undefined
  )

/**
 * The issue without the texts that the runner refuses, and what they were, in words. The description stays: without it the
 * agent would not know the bug.
 */
const withoutRefused = (issue: Issue, refusalOf: RefusalOf) => {
  const refused: Array<string> = []
  const kept = (text: string, name: string): string => {
    if (!isRefused(text, refusalOf)) return text
    refused.push(name)
    return ""
  }
  let left = COMMENTS
  const comments = issue.comments
    .toReversed()
    .filter(({ author, text }) => {
      if (left <= 0) return false
      const shown = `${author.slice(0, 300)}\n${text}`
      left -= shown.length
      return !isRefused(shown, refusalOf)
    })
    .toReversed()
  const lost = issue.comments.length - comments.length
  const texts = {
    acceptanceCriteria: kept(issue.acceptanceCriteria, "the acceptance criteria"),
    design: kept(issue.design, "the design"),
    notes: kept(issue.notes, "the notes")
  }
  if (lost > 0) refused.push(`${lost} of ${issue.comments.length} comments`)
  // Checking ten thousand comments again would take longer than all the rest.
  return { issue: new Issue({ ...issue, ...texts, comments }, { disableValidation: true }), refused }
}

/**
 * Renders the prompt and asks the runner whether it refuses this text. `refusal` is `undefined` if it does not; it also says why
 * the bug has no template. Leaves out
 * an earlier attempt and a remark that the runner refuses, and then comments, notes, design and acceptance criteria: otherwise one line of a
 * tool's output, or of anybody's comment, could block the bug for ever.
 *
 * @example
 * checkedPrompt(input, runner.promptRefusal).refusal // undefined
 */
export const checkedPrompt = (
  { earlier, place, remark, repository, template: given = ownTemplate, ...input }: CheckedPromptInput,
  refusalOf: RefusalOf
): { readonly text: string; readonly refusal: string | undefined } => {
  const template = templateFor(given, input.issue, { repository, earlier: earlier.length })
  if (Either.isLeft(template)) return { text: "", refusal: template.left.message }
  const render = (more: Partial<FixPromptInput> = {}): string =>
    fixPrompt({
      ...input,
      template: template.right,
      repo: repository.name,
      worktree: place.path,
      ...(place.branch === undefined ? {} : { branch: place.branch }),
      submodules: place.submodules,
      earlier: earlier.filter((attempt) => refusalOf(attemptLine(attempt)) === undefined),
      remark: remark === undefined || isRefused(remarkText(remark), refusalOf) ? undefined : remark,
      ...more
    })
  const whole = render()
  if (refusalOf(whole) === undefined) return { text: whole, refusal: undefined }
  const text = render(withoutRefused(input.issue, refusalOf))
  return { text, refusal: refusalOf(text) }
}
