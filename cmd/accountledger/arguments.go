package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// asInUsage wants the arguments that the usage line names, in upper case before any flag, and no others.
func asInUsage(c *cobra.Command, args []string) error {
	var want []string
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(word, "-") {
			break
		}
		want = append(want, word)
	}
	name := strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
	switch names := strings.Join(want, " and "); {
	case len(args) < len(want):
		return usagef("", "%s needs %s: %s", name, names, c.UseLine())
	case len(args) > len(want) && len(want) == 0:
		return usagef("", "%s takes no arguments", name)
	case len(args) > len(want):
		return usagef("", "%s takes only %s: %s", name, names, c.UseLine())
	}
	return nil
}

// missingFlags are the flags that a command requires and did not get, with their dashes.
func missingFlags(c *cobra.Command) (all []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 && !f.Changed {
			all = append(all, "--"+f.Name)
		}
	})
	return all
}

// lineError words for people what the parser found wrong with a command line.
func lineError(c *cobra.Command, err error) string {
	if missing := missingFlags(c); strings.HasPrefix(err.Error(), "required flag") && len(missing) > 0 {
		return "give " + strings.Join(missing, " and ")
	}
	return strings.ReplaceAll(oneLine(err.Error()), "; Did you mean this?; ", "; did you mean ")
}

// strictHelp has help refuse what is no command or topic.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.Args = func(_ *cobra.Command, args []string) error {
			if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
				return usagef("", "no help on %q: accountledger help lists what there is", strings.Join(args, " "))
			}
			return nil
		}
	}
}
