import { JournalFailed } from "../../domain/Failure.ts"
import type { Outbox } from "../../journal/Outbox.ts"
import { limitedCall, noAnswer } from "./limits.ts"

/** The outbox with a time limit around each call. */
export const limitedOutbox = (outbox: Outbox["Type"]): Outbox["Type"] => {
  const call = (operation: string) =>
    limitedCall("file")(
      (time) => new JournalFailed({ file: `(${operation})`, reason: "unusable", detail: noAnswer(time) })
    )
  return {
    open: call("open")(outbox.open),
    compare: (channels, decide) => call("compare")(outbox.compare(channels, decide)),
    take: (channel) => call("take")(outbox.take(channel)),
    sent: (taken) => call("sent")(outbox.sent(taken)),
    notSent: (taken, why) => call("notSent")(outbox.notSent(taken, why)),
    waiting: call("waiting")(outbox.waiting)
  }
}
