# Slopes and intercepts by cluster in lme4 or glmmTMB: Rscript peer_r.R FOLDER FAMILY PACKAGE.
# Prints the summary, and as JSON the seconds of the fit alone and the estimate of the first slope.

given <- commandArgs(trailingOnly = TRUE)
family <- given[2]
package <- given[3]
file <- file.path(given[1], "panel.csv")

# the fastest reader that is there: R's own takes longer than some of the fits
table <- if (requireNamespace("data.table", quietly = TRUE)) {
  data.table::fread(file, data.table = FALSE)
} else {
  read.csv(file, colClasses = c("character", "integer", rep("numeric", 6)))
}
table$city <- factor(table$city)
table$year <- factor(table$year)
formula <- patents ~ policies * centrality + ed + ic + ie + year + (1 + policies | city)

suppressPackageStartupMessages(library(package, character.only = TRUE))
start <- proc.time()[["elapsed"]]
if (package == "lme4") {
  stopifnot(family == "gaussian")
  made <- lmer(formula, table)
  slopes <- coef(summary(made))
} else {
  kinds <- list(gaussian = gaussian(), negative_binomial = nbinom2(), poisson = poisson())
  # on a few rows threads wait for each other longer than they work
  cores <- if (nrow(table) < 1000) 1L else parallel::detectCores()
  control <- glmmTMBControl(parallel = cores)
  made <- glmmTMB(formula, table, family = kinds[[family]], control = control)
  slopes <- coef(summary(made))$cond
}
seconds <- proc.time()[["elapsed"]] - start
print(summary(made), correlation = FALSE)
cat(sprintf(
  '{"inside": %.4f, "estimate": %.8f, "error": %.8f}\n',
  seconds, slopes["policies", "Estimate"], slopes["policies", "Std. Error"]
))
