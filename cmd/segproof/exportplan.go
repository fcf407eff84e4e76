package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"segproof/internal/exporter"
	"segproof/validator"
)

func exportPlan(e env, flags exportPlanFlags) error {
	toStdout := flags.to == "-"
	if flags.as == "" {
		flags.as = exporter.PlanFormats()[0].Name
		if strings.EqualFold(filepath.Ext(flags.to), ".csv") {
			flags.as = "csv"
		}
	}
	format, err := exporter.ParsePlanFormat(flags.as)
	if err != nil {
		return fmt.Errorf("--as: %w", err)
	}
	if _, err := path.Match(flags.only, ""); err != nil {
		return fmt.Errorf("--only %q: %w", flags.only, err)
	}
	stdout := e.stdout
	if toStdout {
		e.stdout = e.stderr // stdout is the plan's
	}
	c, err := newCheck(e, flags.checkFlags)
	if err != nil {
		return err
	}
	if !c.report.Complete() {
		return c.finish() // a plan without the contracts that cannot be used would replace theirs
	}
	contracts := slices.DeleteFunc(c.catalog.Contracts(), func(contract *validator.Contract) bool {
		ok, _ := path.Match(flags.only, cmp.Or(contract.Name, string(contract.Type))) // the glob was tried above
		return flags.only != "" && !ok
	})
	c.report.Checked.Contracts = len(contracts)
	if len(contracts) == 0 {
		return c.finish() // nothing is written: exit code 3
	}
	plan, found, err := exporter.Plan(contracts, format)
	if err != nil {
		return fmt.Errorf("export the plan: %w", err)
	}
	c.count(found)
	write := func(w io.Writer) error {
		_, err := w.Write(plan)
		return err
	}
	if toStdout {
		err = write(stdout)
	} else {
		err = writeFile(flags.to, write)
	}
	if err != nil {
		return err
	}
	return c.finish()
}
