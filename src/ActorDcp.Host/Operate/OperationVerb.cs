using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>Has a running group, or one vbucket of it, do something.</summary>
internal class OperationVerb : MemberVerb
{
    protected OperationVerb(string name, string description, string example)
        : base(name, description, example)
    {
    }

    public static OperationVerb Pause() =>
        new("pause", "Delivers nothing more until resumed; kept over restarts.", "actordcp pause --group orders --vbucket 12");

    public static OperationVerb Resume() =>
        new("resume", "Goes on with what was paused, by an operator or after an error.", "actordcp resume --group orders");

    /// <summary>The body of the call; none by default.</summary>
    protected virtual HttpContent? Body(ParseResult arguments) => null;

    protected sealed override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var target = question.Arguments.GetValue(VBucket) is { } vbucket
            ? string.Create(CultureInfo.InvariantCulture, $"{question.Path}/vbuckets/{vbucket}")
            : question.Path;
        var answer = await member
            .PostAsync($"{target}:{Name}", Body(question.Arguments), ApiJson.Default.OperationAccepted, stopping).ConfigureAwait(false);
        terminal.Fact(question.Arguments.GetValue(Json) ? JsonSerializer.Serialize(answer, ApiJson.Default.OperationAccepted) : Words(answer));
    }

    /// <summary>The answer for a person.</summary>
    internal static string Words(OperationAccepted answer)
    {
        var vbuckets = answer.VBuckets == 1 ? "1 vbucket" : string.Create(CultureInfo.InvariantCulture, $"{answer.VBuckets} vbuckets");
        var redelivered = answer.Redelivered == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"; at most {answer.Redelivered} changes are delivered again");
        return $"{(answer.DryRun ? "dry run, nothing was done: " : "")}{answer.Operation} of {vbuckets}{redelivered}";
    }
}
