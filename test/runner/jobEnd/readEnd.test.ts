import { assert, describe, it } from "@effect/vitest"
import { colourless } from "../../../src/domain/Text.ts"
import { readEnd } from "../../../src/runner/jobEnd/readEnd.ts"
import { ERROR_LINES, MESSAGES } from "../../../src/runner/jobEnd/errors.ts"
import { cliOf } from "../../../src/runner/jobEnd/finding.ts"
import { ENDS } from "../../../src/runner/jobEnd/rows.ts"
import { REAL_ENDS } from "./realEnds.ts"

describe("the real ends of the agents' tools", () => {
  for (const { cli, exitCode, proves, reason, tail, what, words } of REAL_ENDS) {
    it(`${what}: ${reason} proves: ${proves}`, () => {
      const read = readEnd({ cli, exitCode, tail })
      assert.deepStrictEqual([read.reason, read.fault ?? read.needs?.kind], [reason, proves])
      assert.include(read.words, words)
      assert.notMatch(read.words ?? "", /[\r\n\u001b]/)
    })
  }

  it("have a case for each row of the tables", () => {
    const hasCase = (pattern: RegExp, reason?: string) =>
      REAL_ENDS.some(
        (end) =>
          (reason === undefined || end.reason === reason) &&
          (pattern.test(end.words) ||
            colourless(end.tail)
              .split("\n")
              .some((line) => pattern.test(line)))
      )
    for (const { cli, exit, line, reason } of ENDS) {
      assert.isTrue(
        line === undefined ? REAL_ENDS.some((end) => end.reason === reason) : hasCase(line, reason),
        `${cli} ${exit} ${reason}`
      )
    }
    for (const { cli, line } of ERROR_LINES) assert.isTrue(hasCase(line), `${cli} ${line.source}`)
    for (const { reason } of MESSAGES)
      assert.isTrue(
        REAL_ENDS.some((end) => end.reason === reason),
        reason
      )
  })

  it("are known behind a script as well, if no other program prints such a line", () => {
    for (const what of ["claude 403", "claude as root", "claude 429", "gemini 401", "opencode 401 as a JSON event"]) {
      const [cli = "", ...rest] = what.split(" ")
      const real = REAL_ENDS.find((end) => end.what.startsWith(`${cli} 1, ${rest.join(" ")}`))
      assert.strictEqual(readEnd({ cli: undefined, exitCode: 1, tail: real?.tail ?? "" }).reason, real?.reason, what)
    }
  })
})

describe("what proves nobody's fault", () => {
  const nothing = (what: string, end: Parameters<typeof readEnd>[0], words?: string) =>
    it(what, () => {
      const read = readEnd(end)
      assert.isUndefined(read.fault)
      assert.isUndefined(read.needs)
      assert.isUndefined(read.reason)
      if (words !== undefined) assert.strictEqual(read.words, words)
    })
  const claude = { cli: "claude", exitCode: 1 } as const
  const opencode = { cli: "opencode", exitCode: 1 } as const

  nothing("an empty log", { ...opencode, tail: "" })
  nothing(
    "an agent that repeats the bug's text",
    { ...claude, tail: "The bug: HTTP 401 on /login, with API Error: 401 in the log.\nquota exceeded, 429\n" },
    "quota exceeded, 429"
  )
  nothing(
    "an agent that ended well and quotes an error as its last line",
    {
      cli: "opencode",
      exitCode: 0,
      tail: "I could not reproduce it. The user sees:\nError: Rate limit reached (429)\n"
    },
    "Error: Rate limit reached (429)"
  )
  nothing("a line of another tool", { ...opencode, tail: "API Error: 401 invalid x-api-key\n" })
  nothing("an error that is not the end", {
    ...claude,
    tail: "API Error: 401 invalid x-api-key\nAll tests pass now.\n"
  })
  nothing("the output of a failed test behind a script", {
    cli: undefined,
    exitCode: 1,
    tail: "Error: expected 401 Unauthorized, got 200\n"
  })
  nothing("the last output of an agent that was killed", {
    cli: "opencode",
    exitCode: 137,
    tail: "$ npm test\nError: 401 Unauthorized\n"
  })
  nothing("JSON that an agent's command prints", {
    ...opencode,
    tail: '{"type":"error","error":{"message":"no","statusCode":401}}\n'
  })
  nothing("an error of the tool that a smaller bug would not have", {
    ...claude,
    tail: "API Error: 400 prompt is too long: 210000 tokens > 200000 maximum\n"
  })
  nothing("a permission that was rejected long before the end", {
    cli: "opencode",
    exitCode: 0,
    tail: `! permission requested: bash (rm); auto-rejecting\n${"I went on.\n".repeat(6)}`
  })
  for (const line of [
    "3 tests of the rate limit failed, retry them",
    "FAIL src/rate.test.ts: the limit was reached after 20 requests",
    "the counter resets at 15:00"
  ])
    nothing(`a program that only speaks of limits: ${line}`, { cli: undefined, exitCode: 1, tail: `${line}\n` }, line)
  nothing(
    "a script that ended well after the words of a limit",
    { cli: undefined, exitCode: 0, tail: "usage limit reached, resets in 2h\n" },
    "usage limit reached, resets in 2h"
  )
  for (const line of [
    "OPENAI_API_KEY",
    "3 tests need OPENAI_API_KEY, which is not set",
    "FAIL src/config.test.ts: GITHUB_TOKEN is required by the parser",
    "API_KEY=missing"
  ])
    nothing(
      `a program that only speaks of a variable: ${line}`,
      { cli: undefined, exitCode: 1, tail: `${line}\n` },
      line
    )
  nothing("gemini's exit code of another tool", { ...claude, exitCode: 41, tail: "done\n" }, "done")
  nothing("an exit code of gemini behind a script", { cli: undefined, exitCode: 55, tail: "55 tests failed\n" })
})

describe("a missing secret behind a script", () => {
  for (const line of [
    "ANTHROPIC_API_KEY environment variable is not set",
    "Error: ANTHROPIC_API_KEY is required",
    "ERROR: missing environment variable ANTHROPIC_API_KEY",
    "The ANTHROPIC_API_KEY environment variable is missing or empty; either provide it, or pass another key",
    "Error: Required environment variable 'ANTHROPIC_API_KEY' was not found"
  ])
    it(line, () => {
      const { fault, needs } = readEnd({ cli: undefined, exitCode: 1, tail: `began\n${line}\n` })
      assert.strictEqual(needs?.kind, "secret")
      assert.match(
        needs?.next ?? "",
        /^set ANTHROPIC_API_KEY where nightly-dispatch starts \(.*\), and name it in environment.pass$/
      )
      assert.isUndefined(fault)
    })
})

describe("what was printed of a limit", () => {
  const limits = (what: string, end: Parameters<typeof readEnd>[0], limit: string | undefined) =>
    it(what, () => assert.strictEqual(readEnd(end).limit, limit))

  const reset = "You have exhausted your capacity on this model. Your quota will reset after 12h34m16s."
  limits(
    "gemini: the error and the fields behind it",
    {
      cli: "gemini",
      exitCode: 1,
      tail: `working\nError when talking to Gemini API TerminalQuotaError: ${reset}\n    at a (b:1:2) {\n  retryDelayMs: 45256000\n}\n`
    },
    `Error when talking to Gemini API TerminalQuotaError: ${reset}\nat a (b:1:2) {\nretryDelayMs: 45256000\n}`
  )
  const event = `{"type":"error","sessionID":"ses_1","error":{"data":{"message":"Rate limit reached","statusCode":429,"responseHeaders":{"cf-ray":"${"x".repeat(2000)}","retry-after":"3600"}}}}`
  limits("opencode: all headers of the answer", { cli: "opencode", exitCode: 1, tail: `${event}\n` }, event)
  const said = "usage limit reached, resets in 2h"
  limits("a script: the last line", { cli: undefined, exitCode: 1, tail: `began\n${said}\n` }, said)
  limits(
    "none if another error ended it",
    { cli: "claude", exitCode: 1, tail: "API Error: 401 retry after 5s\n" },
    undefined
  )
})

describe("the words of an end", () => {
  it("are the last line that is not empty, without colours, cut", () => {
    const tail = `first\n\u001b[31mlast \u001b[0m${"x".repeat(500)}\n\n  \r\n`
    const { words } = readEnd({ cli: undefined, exitCode: 3, tail })
    assert.match(words ?? "", /^last x{100,}…$/)
    assert.isAtMost(words?.length ?? 0, 200)
  })

  it("of an answer in JSON are its message", () => {
    const tail =
      'API Error: 401 {"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}\n'
    assert.deepStrictEqual(readEnd({ cli: "claude", exitCode: 1, tail }), {
      words: "invalid x-api-key (needs a login from you: run `claude` and type /login, or renew its token)",
      reason: "unauthorised",
      needs: { kind: "login", next: "run `claude` and type /login, or renew its token" }
    })
  })
})

describe("the tool of a command", () => {
  it("is known by the name of its program", () => {
    assert.strictEqual(cliOf("/opt/my tools/claude"), "claude")
    assert.strictEqual(cliOf("opencode"), "opencode")
    assert.isUndefined(cliOf("/opt/opencode/run.sh"))
    assert.isUndefined(cliOf(""))
  })
})
