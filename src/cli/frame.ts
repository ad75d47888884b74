import { Clock, Effect, Option } from "effect"
import type { Frame } from "../report/Frame.ts"
import { shellWord } from "../domain/shellWord.ts"
import { localZone } from "../domain/localZone.ts"
import { root } from "./root.ts"
import { Streams } from "./terminal/Streams.ts"

export { shellWord }

/** The frame of texts that this process prints on stdout. */
export const frameHere = (repo: Option.Option<string> = Option.none()) =>
  Effect.gen(function* () {
    const [{ config }, streams, now] = yield* Effect.all([root, Streams, Clock.currentTimeMillis])
    const flags = [
      ...Option.toArray(config).flatMap((file) => ["--config", shellWord(file)]),
      ...Option.toArray(repo).flatMap((name) => ["--repo", shellWord(name)])
    ]
    return {
      now,
      zone: localZone,
      width: streams.width(),
      color: streams.outColor,
      program: ["nightly-dispatch", ...flags].join(" ")
    } satisfies Frame
  })
