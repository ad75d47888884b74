import { attemptLine, fixPrompt, type FixPromptInput } from "./fixPrompt.ts"

/**
 * Renders the prompt and asks the runner whether it refuses this text. `refusal` is `undefined` if it does not. Leaves out
 * an earlier attempt that the runner refuses: otherwise one line of a tool's output could block the bug for ever.
 *
 * @example
 * checkedPrompt(input, runner.promptRefusal).refusal // undefined
 */
export const checkedPrompt = (input: FixPromptInput, refusalOf: (text: string) => string | undefined) => {
  const earlier = input.earlier?.filter((attempt) => refusalOf(attemptLine(attempt)) === undefined) ?? []
  const text = fixPrompt({ ...input, earlier })
  return { text, refusal: refusalOf(text) }
}
