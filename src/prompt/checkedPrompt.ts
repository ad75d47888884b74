import { attemptLine, fixPrompt, type FixPromptInput } from "./fixPrompt.ts"

/** A prompt, and why the runner refuses it; `refusal` is `undefined` if the runner takes it. */
export interface CheckedPrompt {
  readonly text: string
  readonly refusal: string | undefined
}

/**
 * Renders the prompt and lets the runner check that very text. An earlier attempt that the runner would refuse is left out:
 * otherwise one bad line of a tool's output would keep the bug from ever being tried again.
 *
 * @example
 * checkedPrompt(input, runner.promptRefusal).refusal // undefined
 */
export const checkedPrompt = (
  input: FixPromptInput,
  refusalOf: (text: string) => string | undefined
): CheckedPrompt => {
  const earlier = input.earlier?.filter((attempt) => refusalOf(attemptLine(attempt)) === undefined) ?? []
  const text = fixPrompt({ ...input, earlier })
  return { text, refusal: refusalOf(text) }
}
