import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { wantsJson } from "../../src/cli/wantsJson.ts"
import { ErrorDocument, explained } from "../../src/domain/Explanation.ts"
import { machine, type Machine } from "./world.ts"

const decode = Schema.decodeUnknownSync(Schema.parseJson(ErrorDocument))

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
  [["report", "--format=json", "--since", "yesterdayish"], 2, /^--since "yesterdayish"/],
  [["report", "--since", "30d", "--format", "json", "--out", root], 2, /is no file but a directory/],
  [["frobnicate", "--json"], 2, /^there is no command frobnicate/],
  [["status", "--json", "--log-level", "loud"], 2, /^--log-level takes one of all, /],
  [["status", "--json", "--log-level"], 2, /^--log-level needs a value/],
  [["status", "--json"], 5, /LOG_LEVEL in environ\w+: expected one of all, /, { NIGHTLY_DISPATCH_LOG_LEVEL: "loud" }],
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
  assert.match(explained({ what: error.what, where: error.where ?? undefined }), words)
  const lines = stderr.split("\n").filter((line) => line !== "")
  assert.match(lines[0] ?? "", /^nightly-dispatch: /, stderr)
  if (exit === 2) assert.deepStrictEqual(lines.length, 1, stderr)
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

describe("the words of a failure", { timeout: 60_000 }, () => {
  const failing = (root: string): ReadonlyArray<readonly [args: ReadonlyArray<string>, stderr: RegExp]> => [
    [
      ["cron", "print", "--schedule", "61 * * * *"],
      /^nightly-dispatch: --schedule: expected a value between 0 and 59 in "61 /
    ],
    [
      ["cron", "print", "--schedule", "daily; rm x"],
      /^nightly-dispatch: --schedule takes five fields, like 0 6-13 \* \* \*, not /
    ],
    [
      ["report", "--out", path.join(root, "none", "x.md")],
      /^nightly-dispatch: .+x\.md: the report cannot be written: no such file or directory \(ENOENT\)\n$/
    ],
    [["explain", "bd-9"], /^nightly-dispatch: bd-9: no such bug in the tracker, and none in the journal\. /]
  ]

  it.scopedLive("are one line of our own, without the parser's or Node's way of speaking", () =>
    Effect.gen(function* () {
      const { nd, root } = yield* machine([])
      yield* Effect.forEach(failing(root), ([args, words]) =>
        Effect.map(nd(args), ({ stderr }) => assert.match(stderr, words))
      )
    })
  )

  it.scopedLive("say in JSON what failed, where, and what to do", () =>
    Effect.gen(function* () {
      const { nd, root } = yield* machine([])
      const { error } = decode((yield* nd(["explain", "bd-9", "--json"])).stdout)
      assert.deepStrictEqual(error, {
        what: "no such bug in the tracker, and none in the journal",
        where: "bd-9",
        next: "Look for its id in the tracker",
        exit: 1
      })
      fs.writeFileSync(path.join(root, "wrong.yaml"), "limits: { maxParalel: 2 }\n")
      const wrong = decode((yield* nd(["status", "--json", "--config", path.join(root, "wrong.yaml")])).stdout)
      assert.deepStrictEqual(wrong.error, {
        what: "unknown key, did you mean maxParallel?",
        where: `limits.maxParalel in file ${path.join(root, "wrong.yaml")}:1:11`,
        next: "To see every mistake with its place: nightly-dispatch config check",
        exit: 5
      })
    })
  )
})
