import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import { Cause, Effect } from "effect"
import { EXIT } from "../domain/exits.ts"
import { ErrorDocument, errorDocument, type Explanation } from "../domain/Explanation.ts"
import { oneLine } from "../domain/Text.ts"
import { EXIT_OF, type CommandFailure } from "./exit.ts"
import { plain } from "./terminal/plainConsole.ts"
import { Streams } from "./terminal/Streams.ts"
import { jsonDocument } from "./rendering/jsonDocument.ts"

/** Why a command failed, and its exit code. */
interface Failure {
  readonly exit: number
  readonly explanation: Explanation
  /** What is printed on stderr. */
  readonly err: string
}

/** Characters of one message. */
const LONGEST = 2000

const DEFECT = "a defect in nightly-dispatch itself, please report it"

const failureOf = (cause: Cause.Cause<CommandFailure | ValidationError.ValidationError>): Failure => {
  const failure = Cause.failureOption(cause)
  if (failure._tag === "None") {
    const pretty = Cause.pretty(cause)
    const explanation = { what: `${DEFECT}: ${oneLine(pretty, LONGEST)}` }
    return { exit: EXIT.defect, explanation, err: `${DEFECT}\n${pretty}` }
  }
  if (ValidationError.isValidationError(failure.value)) {
    const what = oneLine(plain(HelpDoc.toAnsiText(failure.value.error)), LONGEST)
    return { exit: EXIT.usage, explanation: { what }, err: what }
  }
  const explanation: CommandFailure = failure.value
  const { _tag, message } = explanation
  // Each problem of the settings has a line of its own.
  return { exit: EXIT_OF[_tag], explanation, err: _tag === "ConfigInvalid" ? message : oneLine(message, LONGEST) }
}

const encode = jsonDocument(ErrorDocument)

/** Prints on stderr why a command failed, and with `asJson` one document on stdout. Returns its exit code. */
export const tellFailure = (cause: Cause.Cause<CommandFailure | ValidationError.ValidationError>, asJson: boolean) =>
  Effect.gen(function* () {
    const [streams, { err, exit, explanation }] = [yield* Streams, failureOf(cause)]
    streams.err(`nightly-dispatch: ${err}\n`)
    if (asJson) yield* streams.out(`${encode(errorDocument(explanation, exit))}\n`)
    return exit
  })
