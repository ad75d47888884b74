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
import { storedCodec } from "./storedText.ts"

/**
 * The codecs of the journal's records. Every record is encoded by one of them, so secrets are removed from every field that
 * is not in `NEVER_REDACTED`, also from fields that are added later.
 */
export const makeRecords = (redact: Redactor) => ({
  attempts: storedCodec(redactedCodec(Attempt, redact)),
  steps: storedCodec(redactedCodec(RecordedStep, redact)),
  outcomes: storedCodec(redactedCodec(Outcome, redact)),
  checks: storedCodec(redactedCodec(ProviderCheck, redact)),
  reports: storedCodec(redactedCodec(RunReport, redact)),
  alerts: storedCodec(redactedCodec(Notice, redact)),
  retries: storedCodec(redactedCodec(Retry, redact)),
  decisions: storedCodec(redactedCodec(ReviewDecision, redact)),
  pauses: storedCodec(redactedCodec(Pause, redact)),
  shadows: storedCodec(redactedCodec(ShadowRun, redact)),
  conditions: storedCodec(redactedCodec(OpenCondition, redact)),
  messages: storedCodec(redactedCodec(Message, redact))
})
