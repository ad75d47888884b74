import { Option, Schema } from "effect"
import { Usage, usagesTogether } from "../../domain/Usage.ts"
import type { Cli } from "./finding.ts"

const Amount = Usage.fields.inputTokens
const Zero = Schema.optionalWith(Amount, { default: () => 0 })

/** The event of `opencode run --format json` at the end of each step. */
const StepFinish = Schema.Struct({
  type: Schema.Literal("step_finish"),
  /** Milliseconds since the epoch. */
  timestamp: Schema.optional(Schema.Number),
  part: Schema.Struct({
    cost: Schema.optional(Amount),
    tokens: Schema.Struct({
      input: Amount,
      output: Amount,
      reasoning: Zero,
      cache: Schema.optionalWith(Schema.Struct({ read: Zero, write: Zero }), { default: () => ({ read: 0, write: 0 }) })
    })
  })
})

const ModelUsage = Schema.Struct({
  inputTokens: Amount,
  outputTokens: Amount,
  cacheReadInputTokens: Zero,
  cacheCreationInputTokens: Zero
})

/** What `claude --output-format json` prints, and the last line of `stream-json`. */
const Result = Schema.Struct({
  type: Schema.Literal("result"),
  total_cost_usd: Schema.optional(Amount),
  usage: Schema.Struct({
    input_tokens: Amount,
    output_tokens: Amount,
    cache_read_input_tokens: Zero,
    cache_creation_input_tokens: Zero
  }),
  /** By model: `usage` tells only of the main one. */
  modelUsage: Schema.optional(Schema.Record({ key: Schema.String, value: ModelUsage }))
})

const readStep = Schema.decodeUnknownOption(Schema.parseJson(StepFinish))
const readResult = Schema.decodeUnknownOption(Schema.parseJson(Result))

// opencode writes 0 for a model whose price it does not know.
const ofStep = ({ part: { cost, tokens } }: typeof StepFinish.Type): Usage => ({
  inputTokens: tokens.input,
  outputTokens: tokens.output + tokens.reasoning,
  cacheTokens: tokens.cache.read + tokens.cache.write,
  costUsd: cost === 0 ? undefined : cost
})

const ofResult = ({ modelUsage, total_cost_usd: costUsd, usage }: typeof Result.Type): Usage => {
  const models = Object.values(modelUsage ?? {})
  if (models.length === 0) {
    const cacheTokens = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    return { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, cacheTokens, costUsd }
  }
  const all = (of: (model: typeof ModelUsage.Type) => number): number => models.reduce((sum, each) => sum + of(each), 0)
  return {
    inputTokens: all(({ inputTokens }) => inputTokens),
    outputTokens: all(({ outputTokens }) => outputTokens),
    cacheTokens: all((each) => each.cacheReadInputTokens + each.cacheCreationInputTokens),
    costUsd
  }
}

const STEP = /^\s*\{\s*"type"\s*:\s*"step_finish"/
const RESULT = /^\s*\{\s*"type"\s*:\s*"result"/
/** Characters after which a line shows whether it is a report. */
const HEAD = 200
/** With more lines that begin like a report and are none, nothing in the log can be believed. */
const MOST_BROKEN = 100
/** A longer line is none. */
const LONGEST_LINE = 4 * 1024 * 1024

/** Whose log it is, and when its job began, in milliseconds since the epoch: what is older is of an earlier job. */
export interface LogOf {
  /** `undefined`: another program, which may run any of the tools. */
  readonly cli: Cli | undefined
  readonly startedAt?: number | undefined
}

/** Of a line that begins like a report: what it says; `undefined` if it cannot be read. */
const ofReport = (line: string): { readonly at: number | undefined; readonly usage: Usage } | undefined => {
  const step = STEP.test(line) ? Option.getOrUndefined(readStep(line)) : undefined
  if (step !== undefined) return { at: step.timestamp, usage: ofStep(step) }
  const result = RESULT.test(line) ? Option.getOrUndefined(readResult(line)) : undefined
  return result && { at: undefined, usage: ofResult(result) }
}

/** Whether a line that begins so is a report of this tool. */
const isReportOf = (cli: Cli | undefined, head: string): boolean =>
  ((cli === "opencode" || cli === undefined) && STEP.test(head)) ||
  ((cli === "claude" || cli === undefined) && RESULT.test(head))

/** Reads a log part by part. */
export interface UsageReader {
  /** The next part. */
  readonly push: (text: string) => void
  /** What the log said; `undefined` if it said nothing of it. */
  readonly end: () => Usage | undefined
}

/**
 * Reads what an agent says that it used, from a log that it gets part by part. In time linear in the log, and with the memory of
 * one report at most. Accepts any text.
 *
 * @example
 * const reader = makeUsageReader({ cli: "opencode" })
 * reader.push(text)
 * reader.end() // { inputTokens: 400, outputTokens: 200, cacheTokens: 600, costUsd: 0.00086 }
 */
export const makeUsageReader = ({ cli, startedAt = 0 }: LogOf): UsageReader => {
  let used: Usage | undefined
  // The line whose end has not come yet. `undefined`: it is no report.
  let line: Array<string> | undefined = []
  let length = 0
  let isReport = false
  let broken = 0
  const keep = (text: string) => {
    if (line === undefined || text === "") return
    line.push(text)
    length += text.length
    if (length >= HEAD && !isReport) {
      const head = line.join("").slice(0, HEAD)
      isReport = isReportOf(cli, head)
      if (!isReport) line = undefined
    }
    if (length > LONGEST_LINE) line = undefined
  }
  const take = (report: string) => {
    const found = ofReport(report)
    if (found === undefined) broken++
    else if ((found.at ?? startedAt) >= startedAt) used = used ? usagesTogether(used, found.usage) : found.usage
  }
  const endLine = () => {
    if (line !== undefined && line.length > 0 && broken <= MOST_BROKEN) {
      const whole = line.join("")
      if (isReportOf(cli, whole)) take(whole)
    }
    if (line === undefined || line.length > 0) line = []
    length = 0
    isReport = false
  }
  return {
    push: (text) => {
      let from = 0
      for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
        keep(text.slice(from, to))
        endLine()
        from = to + 1
      }
      keep(text.slice(from))
    },
    end: () => {
      endLine()
      return broken > MOST_BROKEN ? undefined : used
    }
  }
}
