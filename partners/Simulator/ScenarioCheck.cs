using System.Globalization;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Simulator;

/// <summary>What makes a story impossible to play, one sentence each.</summary>
internal static class ScenarioCheck
{
    private const string Customer = "CUSTOMER";

    public static IEnumerable<string> Problems(Scenario scenario) =>
        [.. AboutTheCase(scenario), .. AboutOrganizations(scenario), .. AboutOrder(scenario), .. scenario.Steps.SelectMany(step => AboutStep(scenario, step))];

    private static IEnumerable<string> AboutTheCase(Scenario scenario)
    {
        if (scenario.Name.Length == 0 || scenario.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-')) yield return "The name needs letters, digits and hyphens only.";
        if (scenario.Case.Reference != "tag") yield return "case.reference must be \"tag\": partners name the case by its bag tag.";
        if (scenario.Case.BagTag.Length != 10 || !scenario.Case.BagTag.All(char.IsAsciiDigit)) yield return "case.bagTag needs ten digits.";
        if (!DateOnly.TryParseExact(scenario.Case.BagTagDate, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            yield return "case.bagTagDate needs the form YYYY-MM-DD.";
        if (scenario.Steps.Length == 0) yield return "There are no steps.";
    }

    private static IEnumerable<string> AboutOrganizations(Scenario scenario)
    {
        foreach (var twice in Repeated(scenario.Organizations.Select(organization => organization.Id))) yield return $"The organization {twice} is there twice.";
        foreach (var organization in scenario.Organizations)
        {
            if (organization.Id.Length is < 2 or > 16 || organization.Id.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c)))
                yield return $"The organization id \"{organization.Id}\" needs 2 to 16 capital letters and digits.";
            if (!ScenarioOrganization.Kinds.Contains(organization.Kind))
                yield return $"{organization.Id}: there is no kind \"{organization.Kind}\". Use one of {string.Join(", ", ScenarioOrganization.Kinds)}.";
            foreach (var principal in organization.ActsFor.Where(principal => !IsKnown(scenario, principal)))
                yield return $"{organization.Id} acts for {principal}, which is not in the story.";
        }
    }

    private static IEnumerable<string> AboutOrder(Scenario scenario)
    {
        foreach (var twice in Repeated(scenario.Steps.Select(step => step.Id))) yield return $"Step {twice} is there twice.";
        foreach (var (before, step) in scenario.Steps.Zip(scenario.Steps.Skip(1)))
            if (step.At < before.At) yield return $"Step {step.Id} is before step {before.Id} in time. Put them in the order in which the hub hears them.";

        var sent = scenario.Steps.Where(step => step.Expect == Outcome.Accepted);
        foreach (var twice in Repeated(sent.Select(step => $"{step.By} {step.Update?.UpdateId ?? step.Open?.RequestId}")))
            yield return $"{twice} is sent twice. Give one of the steps another id, or say what the hub answers with \"expect\".";
    }

    private static IEnumerable<string> AboutStep(Scenario scenario, ScenarioStep step)
    {
        if (!IsKnown(scenario, step.By)) yield return $"Step {step.Id}: {step.By} is not in the story.";
        if (step.Note.Length == 0) yield return $"Step {step.Id}: the note is empty.";
        if (step.At.Offset != TimeSpan.Zero) yield return $"Step {step.Id}: write the time in UTC, with a Z.";
        if (step.Expect.Length == 0 || step.Expect.Any(c => !char.IsAsciiLetterUpper(c) && c != '_')) yield return $"Step {step.Id}: \"{step.Expect}\" is no answer of a hub.";
        if ((step.Open is null) == (step.Update is null)) yield return $"Step {step.Id}: it needs either \"open\" or \"update\".";

        foreach (var problem in step.Open is { } open ? AboutOpening(open) : step.Update is { } update ? AboutUpdate(scenario, step, update) : [])
            yield return $"Step {step.Id}: {problem}";
        foreach (var party in PartiesNamedBy(step).Where(party => party.Length > 0 && party != Customer && !IsKnown(scenario, party)))
            yield return $"Step {step.Id}: {party} is not in the story.";
    }

    private static IEnumerable<string> AboutOpening(OpenIncidentRequest open)
    {
        if (open.Kind == IncidentKind.Unspecified) yield return "the kind of case is missing.";
        if (open.ReportTimeZone.Length == 0) yield return "reportTimeZone is missing.";
    }

    private static IEnumerable<string> AboutUpdate(Scenario scenario, ScenarioStep step, Update update)
    {
        if (update.EventTimeZone.Length == 0) yield return "eventTimeZone is missing.";
        if (update is { StatusCode: "", Custody: null, Eta: null, Correction: null, Assignment: null, StaffText: "" }) yield return "the update says nothing.";
        if (update.Classifier is Classifier.Unspecified or Classifier.Actual && update.EventTime?.ToDateTimeOffset() > step.At)
            yield return "it happened after the hub heard of it.";
        if (update.Correction is { } correction && scenario.Steps.All(other => other.Update?.UpdateId != correction.UpdateId))
            yield return $"it corrects {correction.UpdateId}, which nobody sends.";
    }

    private static IEnumerable<string> PartiesNamedBy(ScenarioStep step) => step.Open is { } open
        ? [open.OnBehalfOf, .. open.PartyIds]
        : step.Update is { } update
            ? [update.OnBehalfOf, update.AskedParty, update.Custody?.From ?? "", update.Custody?.To ?? "", update.Assignment?.OrganizationId ?? "", .. update.VisibleTo]
            : [];

    private static bool IsKnown(Scenario scenario, string id) => scenario.Organizations.Any(organization => organization.Id == id);

    private static IEnumerable<string> Repeated(IEnumerable<string> names) => names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key);
}
