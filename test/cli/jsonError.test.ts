import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { JsonError } from "../../src/cli/jsonError.ts"
import { wantsJson } from "../../src/cli/wantsJson.ts"
import { machine, type Machine } from "./world.ts"

const decode = Schema.decodeUnknownSync(Schema.parseJson(JsonError))

/** A command line that cannot work, its exit code, and words of the failure. */
type Wrong = readonly [args: ReadonlyArray<string>, exit: number, words: RegExp, env?: Record<string, string>]

const WRONG_VARIABLE = { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "many" }

const wrong = (root: string): ReadonlyArray<Wrong> => [
  [["explain", "no id", "--json"], 2, /an issue id looks like bd-a1b2/],
  [["review", "no id", "--json"], 2, /an issue id looks like/],
  [["review", "--json", "--accept"], 2, /^review: name the bug/],
  [["logs", "bd-1", "--json"], 2, /logs has no option --json/],
  [["status", "--json", "--frobnicate"], 2, /--frobnicate/],
  [["status", "--json", "--watch"], 2, /^status --watch needs a terminal/],
  [["report", "--format=json", "--since", "yesterdayish"], 2, /--since "yesterdayish"/],
  [["report", "--since", "30d", "--format", "json", "--out", root], 2, /is no file but a directory/],
  [["frobnicate", "--json"], 2, /^there is no command frobnicate/],
  [["status", "--json", "--log-level", "loud"], 2, /^--log-level takes one of all, /],
  [["status", "--json", "--log-level"], 2, /^--log-level needs a value/],
  [["status", "--json"], 5, /LOG_LEVEL: expected one of all, /, { NIGHTLY_DISPATCH_LOG_LEVEL: "loud" }],
  [["--config", path.join(root, "none.yaml"), "status", "--json"], 5, /there is no such file/],
  [["review", "--json", "--config", path.join(root, "broken.yaml")], 5, /broken\.yaml/],
  [["explain", "bd-1", "--json"], 5, /limits\.maxParallel/, WRONG_VARIABLE],
  [["report", "--format", "json"], 5, /limits\.maxParallel/, WRONG_VARIABLE],
  [["state", "show", "--json"], 5, /limits\.maxParallel/, WRONG_VARIABLE]
]

const prepared = Effect.tap(machine([]), ({ root }) =>
  Effect.sync(() => fs.writeFileSync(path.join(root, "broken.yaml"), "limits: ["))
)

const check = Effect.fn("check")(function* (
  call: Machine["nd"] | Machine["program"],
  [args, exit, words, env = {}]: Wrong
) {
  const { code, stderr, stdout } = yield* call(args, { env })
  const { error } = decode(stdout)
  assert.deepStrictEqual([code, error.exit], [exit, exit], stderr)
  assert.match(error.what, words)
  assert.match(stderr, /\S/, "the words are on stderr, too")
  const without = yield* call(
    args.filter((word) => !/json/.test(word) && word !== "--format"),
    { env }
  )
  assert.notInclude(without.stdout, '"error"')
})

describe("a failure of a command that was asked for JSON", { timeout: 60_000 }, () => {
  it.scopedLive("is one document on stdout, whoever finds it: parser, settings or command", () =>
    Effect.gen(function* () {
      const { nd, root } = yield* prepared
      yield* Effect.forEach(wrong(root), (each) => check(nd, each))
    })
  )

  it.scopedLive("is one with the built program, too", () =>
    Effect.gen(function* () {
      const { program, root } = yield* prepared
      const some = wrong(root).filter((_, n) => n % 4 === 0)
      yield* Effect.forEach(some, (each) => check(program, each))
    })
  )

  it("is told by the words before `--`", () => {
    assert.isTrue(wantsJson(["status", "--json"]))
    assert.isTrue(wantsJson(["report", "--format", "json"]))
    assert.isFalse(wantsJson(["report", "--format", "text", "json"]))
    assert.isFalse(wantsJson(["explain", "--", "--json"]))
  })
})
