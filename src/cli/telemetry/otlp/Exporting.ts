import { Context, type Logger } from "effect"

/** What takes log lines to a collector; by default nothing does. */
export class Exporting extends Context.Reference<Exporting>()("nightly-dispatch/Exporting", {
  defaultValue: (): { readonly logger: Logger.Logger<unknown, void> | undefined } => ({ logger: undefined })
}) {}
