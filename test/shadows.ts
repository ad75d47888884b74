import { BeadsId } from "../src/domain/Ids.ts"
import { Planned } from "../src/domain/Outcome.ts"
import { ProviderName } from "../src/domain/Provider.ts"

export { seenBug, shadowOf } from "../src/testing/contract/shadows.ts"

export const planned = (id: string): Planned =>
  new Planned({ beads: BeadsId.make(id), provider: ProviderName.make("opencode"), title: "a fault" })
