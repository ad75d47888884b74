import { FastCheck } from "effect"

// Property tests try the same values in every run. To search for new failures, raise numRuns and drop the seed.
FastCheck.configureGlobal({ seed: 20261122 })
