import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { oneLine } from "../domain/Text.ts"
import { parsedBy } from "./usage/parsed.ts"

/** Characters. It stands in one line of each output. */
const LONGEST_REASON = 200

/** The option of commands that are told why. */
export const reasonOption = (description: string) =>
  Options.text("reason").pipe(
    Options.withPseudoName("text"),
    parsedBy((text) => {
      const words = oneLine(text, LONGEST_REASON + 1)
      if (words === "") return Effect.fail("a reason must not be empty")
      return Array.from(words).length > LONGEST_REASON
        ? Effect.fail(`a reason has at most ${LONGEST_REASON} characters`)
        : Effect.succeed(words)
    }),
    Options.withDescription(description)
  )
