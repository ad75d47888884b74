import { Schema } from "effect"

/** More is no report of one job, but a mistake. */
const MOST = 1e12
const Amount = Schema.JsonNumber.pipe(Schema.between(0, MOST))

/** What a job used, as its agent's own output says. */
export const Usage = Schema.Struct({
  /** Tokens that the model read, without those from a cache. */
  inputTokens: Amount,
  outputTokens: Amount,
  /** Tokens that the model read from a cache or wrote to it; `undefined` if that is not told. */
  cacheTokens: Schema.optional(Amount),
  /** US dollars; `undefined` if the price is not told. */
  costUsd: Schema.optional(Amount)
})
export type Usage = typeof Usage.Type

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : a + b

/** Both together. What only one of them tells counts. */
export const usagesTogether = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheTokens: sum(a.cacheTokens, b.cacheTokens),
  costUsd: sum(a.costUsd, b.costUsd)
})

/** The sum of these; `undefined` of none. */
export const usageOfAll = (usages: ReadonlyArray<Usage>): Usage | undefined =>
  usages.length === 0 ? undefined : usages.reduce(usagesTogether)

/** All tokens, those of a cache too. */
export const tokensOf = ({ cacheTokens = 0, inputTokens, outputTokens }: Usage): number =>
  inputTokens + outputTokens + cacheTokens

/** A number for a person, its digits in groups of three: `12 345`. */
export const grouped = (count: number): string => String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, " ")

/** US dollars: `$0.52`, and what is less than a cent as `$0.0042`. */
export const dollars = (cost: number): string => `$${cost > 0 && cost < 0.01 ? cost.toFixed(4) : cost.toFixed(2)}`

/**
 * A usage for a person.
 *
 * @example
 * usageInWords({ inputTokens: 400, outputTokens: 200, cacheTokens: 600, costUsd: 0.52 })
 * // "400 tokens in, 200 out, 600 by a cache, $0.52"
 */
export const usageInWords = ({ cacheTokens, costUsd, inputTokens, outputTokens }: Usage): string =>
  [
    `${grouped(inputTokens)} tokens in`,
    `${grouped(outputTokens)} out`,
    ...(cacheTokens === undefined || cacheTokens === 0 ? [] : [`${grouped(cacheTokens)} by a cache`]),
    ...(costUsd === undefined ? [] : [dollars(costUsd)])
  ].join(", ")
