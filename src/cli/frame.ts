import { Clock, DateTime, Effect, Option } from "effect"
import type { Frame } from "../report/Frame.ts"
import { root } from "./root.ts"
import { Streams } from "./terminal/Streams.ts"

/** What may stand in a shell word as it is. */
const isPlain = (word: string): boolean => /^[\w@%+=:,./-]+$/.test(word)

/** A word as a person can paste it into a shell. */
export const shellWord = (word: string): string => (isPlain(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

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
      zone: DateTime.zoneMakeLocal(),
      width: streams.width(),
      color: streams.outColor,
      program: ["nightly-dispatch", ...flags].join(" ")
    } satisfies Frame
  })
