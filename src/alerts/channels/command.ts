import type { Effect } from "effect"
import type { Exec } from "../../exec/Exec.ts"
import type { Channel } from "../Channel.ts"
import { makeChannel } from "./makeChannel.ts"
import { runProgram } from "./runProgram.ts"
import { webhookBody } from "./WebhookMessage.ts"

/**
 * A program of the operator's own. It gets each message as JSON on stdin: see `WebhookMessage`. It is started without a shell in
 * `/`, and has eight seconds. Its variables are the usual ones and those of the network.
 *
 * @example
 * CommandChannel.make(["/usr/local/bin/notify", "--urgent"])
 */
export const make = ([command, ...args]: readonly [string, ...ReadonlyArray<string>]): Effect.Effect<
  Channel,
  never,
  Exec
> =>
  makeChannel({
    name: "command",
    target: command,
    deliver: (outgoing, now) =>
      runProgram({
        command,
        args,
        input: `${webhookBody(outgoing, { now })}\n`,
        advice: "set alerts.command to the full path of an executable file, or to a name on PATH"
      })
  })
