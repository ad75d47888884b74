import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import { Effect } from "effect"

/**
 * An option whose text `parse` reads, or says in words what is wrong with it.
 *
 * @example
 * Options.text("schedule").pipe(parsedBy(parseSchedule))
 */
export const parsedBy =
  <A>(parse: (text: string) => Effect.Effect<A, string>) =>
  (option: Options.Options<string>): Options.Options<A> =>
    Options.mapEffect(option, (text) =>
      Effect.mapError(parse(text), (why) => ValidationError.invalidValue(HelpDoc.p(why)))
    )
