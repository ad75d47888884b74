import { Effect } from "effect"
import { Exec } from "../../exec/Exec.ts"
import type { Channel } from "../Channel.ts"
import { SendFailed } from "../SendFailed.ts"
import { mailText } from "./mailText.ts"
import { makeChannel } from "./makeChannel.ts"
import { runProgram } from "./runProgram.ts"

/** Where `sendmail` is if PATH does not have it: that of cron is short. */
const PLACES = ["sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail"]

const ADVICE = "install a mail server with sendmail, or set alerts.sendmail to its path"

/**
 * The executable of `sendmail`, or of the one that is set; `undefined` if there is none.
 *
 * @example
 * MailChannel.locateSendmail(undefined) // "/usr/sbin/sendmail"
 */
export const locateSendmail = Effect.fn("alerts.locateSendmail")(function* (sendmail: string | undefined) {
  const { which } = yield* Exec
  for (const place of sendmail === undefined ? PLACES : [sendmail]) {
    const path = yield* which(place)
    if (path !== undefined) return path
  }
  return undefined
})

const found = Effect.fn("alerts.findSendmail")(function* (sendmail: string | undefined) {
  const path = yield* locateSendmail(sendmail)
  if (path !== undefined) return path
  const detail = `${sendmail ?? "sendmail"}: command not found; ${ADVICE}`
  return yield* new SendFailed({ reason: "refused", detail })
})

/**
 * Mail to these addresses by the host's `sendmail`, or by `sendmail` if it is set.
 *
 * @example
 * MailChannel.make(["ops@example.org"], undefined)
 */
export const make = (to: ReadonlyArray<string>, sendmail: string | undefined): Effect.Effect<Channel, never, Exec> =>
  makeChannel({
    name: "mail",
    target: to.join(", "),
    deliver: (outgoing, now) =>
      Effect.flatMap(found(sendmail), (command) =>
        // Not `-t`: only the settings say who gets it. `-i`: a line with only a dot is not the end.
        runProgram({ command, args: ["-i", "--", ...to], input: mailText(outgoing, to, { now }), advice: ADVICE })
      )
  })
