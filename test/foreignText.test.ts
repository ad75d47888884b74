import { assert, describe, it } from "@effect/vitest"
import { Duration, Either, FastCheck } from "effect"
import { setImmediate } from "node:timers/promises"
import { mailText } from "../src/alerts/channels/mailText.ts"
import { slackMessage } from "../src/alerts/channels/slack.ts"
import { webhookBody } from "../src/alerts/channels/WebhookMessage.ts"
import { errorsIn, readAnswer } from "../src/beads/bd/answer.ts"
import { readVersion } from "../src/beads/bd/capabilities.ts"
import { idsIn } from "../src/beads/bd/listRecords.ts"
import * as bd from "../src/beads/bd/messages.ts"
import { storeFaultIn } from "../src/beads/bd/storeFault.ts"
import { readIssue } from "../src/beads/issueRecord.ts"
import { comment } from "../src/beads/jsonl/changes.ts"
import { appendElement, editObject, memberText } from "../src/beads/jsonl/edit.ts"
import { issuesOf } from "../src/beads/jsonl/issues.ts"
import { readJsonl } from "../src/beads/jsonl/lines.ts"
import { fileProblem } from "../src/beads/jsonl/refuseUnreadable.ts"
import { table } from "../src/report/text/table.ts"
import { fromText } from "../src/settings/fileText.ts"
import { signature } from "../src/dispatch/plan/signature.ts"
import { endingOfJob } from "../src/dispatch/settle/jobEnding.ts"
import { Actor, hostOf, parseActor } from "../src/domain/Actor.ts"
import { digest } from "../src/domain/digest.ts"
import { ineligible } from "../src/domain/eligibility.ts"
import { LogEvent } from "../src/domain/eventLine.ts"
import { BeadsId } from "../src/domain/Ids.ts"
import type { Outgoing } from "../src/domain/Message.ts"
import { Issue, Priority } from "../src/domain/Issue.ts"
import { defaultSettings } from "../src/domain/defaultSettings.ts"
import { Job } from "../src/domain/Job.ts"
import { ProviderName } from "../src/domain/Provider.ts"
import { redactor, redactOutput, redactShapes } from "../src/domain/Redaction.ts"
import { oneLine } from "../src/domain/Text.ts"
import { checkedPrompt } from "../src/prompt/checkedPrompt.ts"
import { fixPrompt } from "../src/prompt/fixPrompt.ts"
import { parseTemplate } from "../src/prompt/template.ts"
import { cutToBytes, visible } from "../src/prompt/untrusted.ts"
import { reportedJob, statusRows } from "../src/runner/dx/jobs.ts"
import { judge } from "../src/runner/dx/judgement.ts"
import * as dx from "../src/runner/dx/output.ts"
import { ageIn } from "../src/runner/dx/processes.ts"
import { LIMIT_UNTIL } from "../src/runner/jobEnd/rows.ts"
import { localZone } from "../src/domain/localZone.ts"
import { resetTime } from "../src/domain/resetTime.ts"
import { readEnd } from "../src/runner/jobEnd/readEnd.ts"
import { standing } from "../src/workspace/existing/commits.ts"
import * as names from "../src/workspace/existing/names.ts"
import { callFailure, createdPath, mayBeStale } from "../src/workspace/dx/output.ts"
import * as git from "../src/workspace/git/output.ts"
import { meaningOf } from "../src/workspace/git/failure.ts"
import { cpuTime } from "./cpuTime.ts"

const id = BeadsId.make("bd-1")
const issue = new Issue({
  id,
  title: "t",
  description: "",
  status: "open",
  priority: Priority.make(1),
  type: "bug",
  labels: [],
  createdAt: 0,
  blockedBy: []
})
const intake = { ...defaultSettings.intake, excludeLabels: ["no"] }
const output = (text: string) => ({
  stdout: text,
  stderr: text,
  exitCode: 1,
  signal: undefined,
  duration: Duration.zero
})
/** At most 10,000 comments. */
const commentsOf = (text: string) => {
  const length = Math.max(100, Math.ceil(text.length / 10_000))
  return Array.from({ length: Math.ceil(text.length / length) }, (_, at) => {
    const part = text.slice(at * length, (at + 1) * length)
    return { author: part, createdAt: at, text: part }
  })
}
const commentRecordsOf = (text: string) =>
  commentsOf(text).map(({ author, text }) => ({ author, text, created_at: "2026-01-02T03:04:05Z" }))
/** A message of this text only. */
const messageOf = (text: string): Outgoing => ({
  message: {
    id: "1",
    key: text || "k",
    kind: "notice",
    change: "raised",
    level: "bad",
    at: 0,
    host: text,
    repository: text,
    what: text,
    lines: text.split("\n"),
    commands: text.split("\n")
  },
  mayBeRepeat: false
})
/** Every function that sees the text of a bug, of a tool or of a settings file. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  oneLine: (text) => oneLine(text),
  digest,
  redactShapes,
  "redactor of secrets": redactor(["correct-horse-battery", "a.a.a.a.a.a.a.a."]),
  redactOutput: redactOutput(redactShapes),
  slackMessage: (text) => slackMessage(messageOf(text)),
  webhookBody: (text) => webhookBody(messageOf(text)),
  mailText: (text) => mailText(messageOf(text), ["root"]),
  LogEvent: (text) => String(new LogEvent("", "X", [["error", text]])),
  table: (text) => table(["bug"], [[text]]),
  ineligible: (text) => ineligible(new Issue({ ...issue, assignee: text }), intake, 0, new Set()),
  endingOfJob: (text) =>
    endingOfJob(
      Job.make({ beads: id, provider: ProviderName.make("gemini"), phase: "failed", reason: text, words: text })
    ),
  resetTime: (text) => resetTime(text, 0, localZone),
  "times of resets": (text) => resetTime(`resets at 2026 ${text.slice(0, 100)}`.repeat(5000), 0, localZone),
  "a limit of a script": (text) => LIMIT_UNTIL.test(`${text.slice(0, 4000)} limit reached`),
  "the end of opencode's log": (tail) => readEnd({ cli: "opencode", exitCode: 1, tail }),
  "the end of claude's log": (tail) => readEnd({ cli: "claude", exitCode: 1, tail }),
  "the end of gemini's log": (tail) => readEnd({ cli: "gemini", exitCode: 1, tail }),
  "the end of a script's log": (tail) => readEnd({ cli: undefined, exitCode: 1, tail: `${tail}\nError: {` }),
  "an error's message": (text) =>
    readEnd({ cli: "opencode", exitCode: 1, tail: `Error: ${text.replace(/[\r\n]/g, " ")}` }),
  "signature of a description": (text) => signature({ title: "t", description: text }),
  "ids in a commit's message": (text) => names.idsIn([id])(text),
  "id in a branch": (text) => names.branchNames(text, id),
  "commits that were reverted": (text) => standing([{ sha: "a", at: 0, message: `Revert "${text}` }]),
  "signature of a title": (text) => signature({ title: text, description: "" }),
  visible: (text) => visible(text.slice(0, 512 * 1024)),
  cutToBytes: (text) => cutToBytes(text, 5000),
  fixPrompt: (text) =>
    fixPrompt({
      issue: new Issue({
        ...issue,
        title: text,
        description: text.slice(0, 1000),
        acceptanceCriteria: text,
        design: text,
        notes: text,
        comments: Array.from({ length: 3 }, () => ({ author: text, createdAt: 0, text })),
        unread: [text],
        file: text,
        type: text,
        labels: [text, text]
      }),
      repo: "app",
      worktree: "/w",
      marker: "a.a.",
      submodules: [text, text],
      earlier: [text, text]
    }),
  "fixPrompt of a long description": (text) =>
    fixPrompt({ issue: new Issue({ ...issue, description: text }), repo: "app", worktree: "/w", marker: "a.a." }),
  "fixPrompt of many comments": (text) =>
    fixPrompt({
      issue: new Issue({ ...issue, comments: commentsOf(text) }),
      repo: "app",
      worktree: "/w",
      marker: "a.a."
    }),
  "checkedPrompt of a refused text": (text) =>
    checkedPrompt(
      {
        issue: new Issue({ ...issue, notes: text, design: text, comments: commentsOf(text) }),
        repository: { name: "app", path: "/" },
        place: { path: "/w" },
        marker: "a.a.",
        earlier: [],
        remark: undefined
      },
      (prompt) => (prompt.includes("a") ? "no" : undefined)
    ),
  // A template may have 64 KiB.
  parseTemplate: (text) => parseTemplate(`{{report}}\n${text.slice(0, 64 * 1024)}`),
  "parseTemplate, the report last": (text) => parseTemplate(`${text.slice(0, 64 * 1024)}\n{{report}}`),
  parseActor,
  hostOf,
  "bd: readAnswer": readAnswer,
  "bd: errorsIn": errorsIn,
  "bd: readVersion": readVersion,
  "bd: idsIn": (text) => idsIn(`digraph dependencies {\n${text}\n}`),
  "bd: errorLine": (text) => bd.errorLine(output(text)),
  "bd: conflictOf": (text) => bd.conflictOf(output(text)),
  "bd: saysNoSuchIssue": (text) => bd.saysNoSuchIssue(output(text), id),
  "bd: saysUnknownUsage": (text) => bd.saysUnknownUsage(output(text)),
  "bd: storeFaultIn": (text) => storeFaultIn({ ...output(text), exitCode: 14 }),
  "bd: storeFaultIn, of a migration": (text) => storeFaultIn(output(text)),
  "a record": (text) => readIssue({ id: "bd-1", priority: 1, title: text, description: text, created_at: text }, 0),
  "a record's texts": (text) =>
    readIssue({ id: "bd-1", priority: 1, design: text, notes: text, comments: [{ text, author: text }] }, 0),
  "a record's comments": (text) => readIssue({ id: "bd-1", priority: 1, comments: commentRecordsOf(text) }, 0),
  "a record's id": (text) => readIssue({ id: text, priority: 1 }, 0),
  appendElement: (text) => appendElement(text, "1"),
  "dx-runner: transcript": dx.transcript,
  "dx-runner: preflightReason": (text) => dx.preflightReason(output(text)),
  "dx-runner: failureReason": (text) => dx.failureReason(output(text)),
  "dx-runner: codeIn": (text) => dx.codeIn(output(text)),
  "dx-runner: startedLines": dx.startedLines,
  "dx-runner: alreadyRunning": dx.alreadyRunning,
  "dx-runner: capabilities": dx.capabilities,
  "dx-runner: judge": (text) => judge("start", output(text)),
  "dx-runner: reportedJob": reportedJob,
  "dx-runner: statusRows": statusRows,
  "dx-runner: ageIn": ageIn,
  "dx-worktree: createdPath": createdPath,
  "dx-worktree: mayBeStale": mayBeStale,
  "dx-worktree: callFailure": (text) => callFailure("dx-worktree", output(text)),
  "git: worktreeList": git.worktreeList,
  "git: worktreeStatus": git.worktreeStatus,
  "git: remoteHead": git.remoteHead,
  "git: mainRemote": git.mainRemote,
  "git: failureReason": (text) => git.failureReason(output(text)),
  "git: isBusy": git.isBusy,
  "git: meaningOf": meaningOf,
  // The parser takes 5 ms for a thousand characters, so no test waits for more of them.
  "a settings file": (text) => fromText(text.length > SHORT ? text : text.slice(0, 1000), "f", "/")
}

/** Those that see a line of the JSONL file, with the text in it. */
const LINE_READERS: Readonly<Record<string, (line: string) => unknown>> = {
  "JSONL: a line": (line) => issuesOf(readJsonl(Buffer.from(line)), "f"),
  "JSONL: lines with one id": (line) => issuesOf(readJsonl(Buffer.from(`${line}\n${line} \n{${line}`)), "f"),
  "JSONL: conflict markers": (line) => fileProblem(readJsonl(Buffer.from(line))),
  "JSONL: a comment": (line) => {
    const entry = { issue, text: line, line: 0, lines: [0] as const }
    return comment("comment bd-1", Actor.make("a"), "x")(entry, "", readJsonl(Buffer.from(line)))
  },
  "JSONL: editObject": (line) => editObject(line, { status: '"open"' }),
  "JSONL: memberText": (line) => memberText(line, "x")
}

/** Pieces that our patterns look for, or that let a pattern match in many ways. */
const PIECES =
  `a|a.|a-|aA_|Error|error|Error: |Exception|panic| |  |\t| at |\tat x |\n|\r\n|\n\n|\n#|\0|(|[|{|"|\\|\\"|,|:|{"a":|[[|- |&a *a |://|:@|://a|sk-|sk-aA1|eyJ|eyJ.|-----BEGIN PRIVATE KEY-----|TOKEN=|bearer |authorization: basic |hooks.slack.com/|already claimed by |already assigned to "|not claimable: status |freeze marker at |refusing to auto-apply 1 pending schema migration|database is at v1|ERROR_CODE=|API Error: |permission requested: |Error: {\n|model |{"type":"error",|"message": "|WARN: |[ERROR]|x: MISSING |canonical model (|canonical model missing |ok |worktree |branch |ref: refs/heads/|unable to create '|failed to read |fatal: |error: |nightly-dispatch/|0|9|0x|deadbeef|-|--|.|_|%|=|é|😀|\ud83d|\u202e|File "|x.py:1|1970-01-01|{}\n|{"id":"bd-1"}\n|"id":1,|  "a" [label="|{{|{{id}}|{{ |\\{{a`.split(
    "|"
  )

/** What takes too long does so in repetitions: `start`, `unit` and `close` many times, and an `end` where no pattern matches. */
interface Text {
  readonly start: string
  readonly unit: string
  readonly close: string
  readonly end: string
}

const textOf = ({ close, end, start, unit }: Text, length: number): string => {
  const times = Math.floor(length / (unit.length + close.length))
  return start + unit.repeat(times) + close.repeat(times) + end
}

const isJson = (text: string): boolean => Either.isRight(Either.try((): unknown => JSON.parse(text)))

/** A line of the JSONL file with this text as a value: as it is, if it is JSON. */
const lineOf = (text: string): string => {
  const value = isJson(text) ? text : `"${text.replace(/["\\\p{Cc}]/gu, " ")}"`
  return `{"id":"bd-1","priority":1,"status":"in_progress","title":${value},"notes":${value},"comments":[${value}]}`
}

const texts: ReadonlyArray<Text> = [
  ...PIECES.map((unit) => ({ start: "", unit, close: "", end: "!" })),
  { start: "", unit: "[1,2,3,4,", close: "5]", end: "" },
  { start: "", unit: '{"a":', close: "}", end: "" },
  { start: "", unit: '{"error":"x","failed":[', close: "]}", end: "" },
  { start: "- ", unit: "- ", close: "", end: "a" },
  ...FastCheck.sample(
    FastCheck.record({
      start: FastCheck.constantFrom("", '{"', "[", "Error ", "  "),
      unit: FastCheck.array(FastCheck.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }).map((all) =>
        all.join("")
      ),
      close: FastCheck.constantFrom("", "]", "}"),
      end: FastCheck.constantFrom("", "!", "\n", '"}')
    }),
    40
  )
]

/** So long that a line with it three times is no longer than we read. */
const LINE = 340_000
const MEGABYTE = 1_000_000
/** Finds the texts that take longest. Shorter than all limits of ours. */
const SHORT = 10_000
/** Milliseconds. */
const LIMIT = 100
const TRIES = 20

const timeOf = (read: (text: string) => unknown, text: string): number => {
  const begin = cpuTime()
  assert.isTrue(Either.isRight(Either.try(() => read(text))), `it throws: ${JSON.stringify(text.slice(0, 60))}`)
  return cpuTime() - begin
}

/** Makes many small objects, as a reader of lines does: what waits for memory, and for what collects it. */
const allocate = (text: string): number => text.split("\0").map((part) => ({ part })).length

/** How many times slower this machine is now than an ordinary one, for which the limit is meant. At least once. */
const slowness = (): number =>
  Math.max(1, timeOf(digest, "x".repeat(MEGABYTE)) / 10, timeOf(allocate, "ab\0".repeat(MEGABYTE / 3)) / 35)

const isFast = async (
  read: (text: string) => unknown,
  make: (text: Text, length: number) => string,
  longest: number
): Promise<void> => {
  // Lets the test runner report between two tests.
  await setImmediate()
  const slowest = texts
    .map((text) => ({ text, time: timeOf(read, make(text, SHORT)) }))
    .toSorted((one, other) => other.time - one.time)
    .slice(0, 3)
  for (const { text } of slowest) {
    // A tenth first: a time that grows with the square must not hold the tests up.
    for (const length of [longest / 10, longest]) {
      const whole = make(text, length)
      let time = Infinity
      // New code is slow at first, and a busy machine is slow for a while.
      for (let tries = 0; tries < TRIES && time >= LIMIT; tries++) {
        const tried = timeOf(read, whole)
        time = Math.min(time, tried < LIMIT ? tried : tried / slowness())
      }
      assert.isBelow(time, LIMIT, JSON.stringify({ ...text, length }))
    }
  }
}

describe("text of others", () => {
  for (const [name, read] of Object.entries(READERS)) {
    it(`${name}: a megabyte of any text takes less than ${LIMIT} ms, and does not throw`, () =>
      isFast(read, textOf, MEGABYTE))
  }
  for (const [name, read] of Object.entries(LINE_READERS)) {
    it(`${name}: a megabyte of any text takes less than ${LIMIT} ms, and does not throw`, () =>
      isFast(read, (text, length) => lineOf(textOf(text, length)), LINE))
  }
})
