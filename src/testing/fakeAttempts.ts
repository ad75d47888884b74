import { Schema } from "effect"
import { Ack } from "../domain/Ack.ts"
import { Actor } from "../domain/Actor.ts"
import { Attempt, type Acknowledged, type AttemptPhase, type Settled, type Verifying } from "../domain/Attempt.ts"
import { digest } from "../domain/digest.ts"
import { BeadsId, RunId } from "../domain/Ids.ts"
import { PromptFile } from "../domain/PromptFile.ts"
import { ProviderName } from "../domain/Provider.ts"
import { Workspace } from "../domain/Workspace.ts"

/** The fields of a fake attempt that a test may set, in any phase. */
export type FakeAttempt = Partial<Omit<Acknowledged, "phase"> & Omit<Settled, "phase"> & Omit<Verifying, "phase">>

const validate = Schema.validateSync(Attempt)
const run = RunId.make("20261122T020000Z-000001")
const provider = ProviderName.make("opencode")

/**
 * An attempt in this phase, with all fields that the phase requires. `changes` replace or add fields.
 *
 * @example
 * FakeJournal.layer({ attempts: [fakeAttempt("acknowledged", { beads: id })] })
 */
export const fakeAttempt = (phase: AttemptPhase, changes: FakeAttempt = {}): Attempt => {
  const beads = changes.beads ?? BeadsId.make("bd-1")
  const workspace = new Workspace({ path: `/tmp/agents/${beads}/app`, reused: false })
  const prompt = new PromptFile({ beads, path: `/tmp/nightly-dispatch-fake/${beads}.prompt` })
  const made: Readonly<Record<AttemptPhase, FakeAttempt>> = {
    intended: {},
    claimed: {},
    workspace: { workspace },
    prompt: { workspace, prompt },
    starting: { workspace, prompt, provider },
    acknowledged: { ack: Ack.make({ beads, provider, pid: 7, runInstance: "run-1", how: "started" }) },
    verifying: {
      ack: Ack.make({ beads, provider, pid: 7, runInstance: "run-1", how: "started" }),
      workspace,
      found: { end: "succeeded", detail: "the job ended well" },
      launches: 1
    },
    ending: { end: "failed", blame: "issue", detail: "the job failed" },
    settled: { end: "failed", blame: "issue", detail: "the job failed" }
  }
  return validate({
    actor: Actor.make(`nightly-dispatch/vm-1/${run}/1`),
    run,
    beads,
    number: 1,
    digest: digest(""),
    repository: { name: "app", path: "/src/app" },
    createdAt: 0,
    updatedAt: 0,
    ...made[phase],
    ...changes,
    phase
  })
}
