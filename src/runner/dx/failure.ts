import { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { ProviderName } from "../../domain/Provider.ts"
import type { ExecError } from "../../exec/Exec.ts"
import { nearest } from "../../domain/spelling.ts"
import { DEFAULT_CAPS } from "./adapters.ts"
import type { Judgement } from "./judgement.ts"
import { codeIn, failureReason, preflightReason, transcript, type RunnerOutput } from "./output.ts"

/** The failure of a call of dx-runner that did not start, or that was ended at a limit of ours. */
export const notRun = (operation: string, error: ExecError): RunnerFailed => {
  const misplaced = error._tag === "ExecNotStarted" && /^not_(found|executable)$/.test(error.reason)
  const blame = misplaced ? "config" : error._tag === "ExecNotStarted" ? "host" : "runner"
  return new RunnerFailed({ operation, detail: error.message, blame })
}

/** The judgement, with the adapter that the operator most likely meant. */
const suggesting = (judgement: Judgement, provider: ProviderName): Judgement => {
  if (judgement.unknownProvider !== true) return judgement
  const adapters = Object.keys(DEFAULT_CAPS)
  const meant = adapters.includes(provider) ? undefined : nearest(provider, adapters)
  return meant === undefined ? judgement : { ...judgement, hint: `did you mean ${meant}? Else: ${judgement.hint}` }
}

const withHint = (reason: string, hint: string | undefined) => (hint === undefined ? reason : `${reason} (${hint})`)

/** The failure of a call in which dx-runner reported an error. */
export const runnerFailed = (
  asked: { readonly operation: string; readonly provider?: ProviderName; readonly capacity?: boolean },
  output: RunnerOutput,
  { blame, hint }: Judgement
): RunnerFailed => {
  const detail = withHint(failureReason(output), hint)
  return new RunnerFailed({ ...asked, detail, exitCode: output.exitCode, ...codeIn(output), blame })
}

/** The failure of a preflight or a start, as judged. */
export const failureOf = (
  operation: "preflight" | "start",
  provider: ProviderName,
  output: RunnerOutput,
  found: Judgement
): PreflightFailed | RunnerFailed => {
  const judgement = suggesting(found, provider)
  const { tag, capacity = false, hint } = judgement
  if (tag === "RunnerFailed") return runnerFailed({ operation, provider, capacity }, output, judgement)
  // A start whose preflight passed gives its reason in another way.
  const inPreflight = operation === "preflight" || /^=== Preflight FAILED/m.test(output.stdout)
  const detail = withHint(inPreflight ? preflightReason(output) : failureReason(output), hint)
  const { lines } = transcript(output.stdout)
  return new PreflightFailed({
    provider,
    detail,
    lines,
    ...codeIn(output),
    needs: judgement.needs,
    blame: judgement.blame
  })
}
