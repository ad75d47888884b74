import * as Terminal from "@effect/platform/Terminal"
import { Effect } from "effect"
import { NotDone, notDone, WrongUsage } from "../exit.ts"
import { confirmed } from "../terminal/ask.ts"
import { Streams } from "../terminal/Streams.ts"
import { rehearse } from "./rehearse.ts"

/** Prints the first lines of a result, without its end. */
export const show = (lines: ReadonlyArray<string>) =>
  Effect.flatMap(Streams, ({ out }) => (lines.length === 0 ? Effect.void : out(`${lines.join("\n")}\n`)))

/** Fails without `--yes` if stdin is no terminal: the command cannot ask the operator. */
export const requireConsent = Effect.fn("cron.requireConsent")(function* (command: string, yes: boolean) {
  const { isTTY } = yield* Terminal.Terminal
  if (yes || (yield* isTTY)) return
  const what = `stdin is no terminal, so cron ${command} cannot ask you. It has changed nothing`
  return yield* new WrongUsage({ what, next: "Add --yes" })
})

/** Whether the operator says yes. With `yes` the command does not ask. */
export const consents = (question: string, yes: boolean) =>
  yes ? Effect.succeed(true) : Effect.map(confirmed(question), (answer) => answer === true)

/** Rehearses the script and prints the result. Fails if the rehearsal failed, unless `force` is true. */
export const rehearsed = Effect.fn("cron.rehearsed")(function* (
  wrapper: { readonly script: string; readonly bash: string },
  force: boolean
) {
  const { passed, text } = yield* Effect.mapError(
    rehearse(wrapper),
    notDone("not installed, because it cannot be rehearsed")
  )
  yield* show([text])
  if (passed || force) return
  const what = "not installed, because a run from cron would end as the rehearsal did"
  return yield* new NotDone({ what, next: "Mend it, or add --force" })
})
