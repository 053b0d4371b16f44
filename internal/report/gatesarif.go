package report

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"github.com/careenhq/careen/diag"
)

// The part of SARIF 2.1.0 that a verdict needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
)

// GateSARIF writes the checks that failed as a SARIF log. dockerfile is where a
// result is placed that has no line of its own.
func GateSARIF(w io.Writer, g diag.Gate, dockerfile string) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "careen", InformationURI: "https://github.com/careenhq/careen"}}, Results: []sarifResult{}}
	for _, c := range g.Checks {
		id := "gate/" + c.Name
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{id, sarifText{"limit of " + gateTitle(c)}})
		if c.State != diag.GateFailed {
			continue
		}
		level := "error"
		if g.Allowed != "" {
			level = "note"
		}
		run.Results = append(run.Results, sarifResult{id, level, sarifText{gateLine(c)}, []sarifLocation{{gatePlace(c, dockerfile)}}})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func gatePlace(c diag.GateCheck, dockerfile string) sarifPhysical {
	file, line := dockerfile, 0
	if c.Worst != nil && c.Worst.File != "" {
		file, line = c.Worst.File, c.Worst.Line
	}
	place := sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: strings.TrimPrefix(file, "./")}).String()}}
	if line > 0 {
		place.Region = &sarifRegion{line}
	}
	return place
}
