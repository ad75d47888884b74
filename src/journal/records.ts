import { Attempt } from "../domain/Attempt.ts"
import { RecordedStep } from "../domain/attemptSteps.ts"
import { OpenCondition } from "../domain/Condition.ts"
import { Message } from "../domain/Message.ts"
import { Outcome } from "../domain/Outcome.ts"
import { Pause } from "../domain/Pause.ts"
import { Retry } from "../domain/Retry.ts"
import { ReviewDecision } from "../domain/ReviewDecision.ts"
import { ProviderCheck, RunReport } from "../domain/RunReport.ts"
import { ShadowRun } from "../domain/ShadowRun.ts"
import type { Redactor } from "../domain/Redaction.ts"
import { redactedCodec } from "../domain/redactedCodec.ts"
import { Notice } from "./Journal.ts"

/**
 * The codecs of the journal's records. Every record is encoded by one of them, so secrets are removed from every field that
 * is not in `NEVER_REDACTED`, also from fields that are added later.
 */
export const makeRecords = (redact: Redactor) => ({
  attempts: redactedCodec(Attempt, redact),
  steps: redactedCodec(RecordedStep, redact),
  outcomes: redactedCodec(Outcome, redact),
  checks: redactedCodec(ProviderCheck, redact),
  reports: redactedCodec(RunReport, redact),
  alerts: redactedCodec(Notice, redact),
  retries: redactedCodec(Retry, redact),
  decisions: redactedCodec(ReviewDecision, redact),
  pauses: redactedCodec(Pause, redact),
  shadows: redactedCodec(ShadowRun, redact),
  conditions: redactedCodec(OpenCondition, redact),
  messages: redactedCodec(Message, redact)
})
