# Write mpdta.csv from R's package did (install.packages("did")): 500 counties, 2003 to 2007.
# Run: Rscript make_panel.R
write.csv(did::mpdta, "mpdta.csv", row.names = FALSE)
