/**
 * The promises of each service as tests without a test framework, for the authors of own layers. A suite makes a world of its own for
 * each test: the layer, and ways to act as a colleague, an agent or another program, and to look at the result without the layer.
 *
 * @example
 * import { contract } from "nightly-dispatch/testing"
 * import { describe, it } from "node:test"
 *
 * contract.keeps({ describe, it }, "a tracker of my own", contract.beads(makeWorld))
 */
export { beads, type BeadsContractOptions } from "./beads.ts"
export { existingWork } from "./existingWork.ts"
export { foreground } from "./foreground.ts"
export { journal } from "./journal.ts"
export { journalQueries } from "./journalQueries.ts"
export { keeps, type Framework, type FrameworkContext, type KeepsOptions } from "./keeps.ts"
export { outbox } from "./outbox.ts"
export { prompts, type PromptContractOptions } from "./prompts.ts"
export { runner } from "./runner.ts"
export { REFUSAL } from "./runnerWorld.ts"
export { shipping } from "./shipping.ts"
export { verifier } from "./verifier.ts"
export { LAST_LINE } from "./verifierWorld.ts"
export { workspaces, type WorkspaceContractOptions } from "./workspaces.ts"
