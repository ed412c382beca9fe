using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>Has vbuckets deliver again from an earlier position, or leave out what is to come up to now.</summary>
internal sealed class RewindVerb : OperationVerb
{
    private const string SeqnoPrefix = "seqno:";

    private readonly Option<RewindRequest?> _to = OptionOf.Parsed<RewindRequest?>(
        "--to", "where to: beginning, now, or seqno:N, which means the nearest position at or below N that is safe to resume at", null, Read);

    private readonly Option<bool> _dryRun = OptionOf.Flag("--dry-run", "only say what would be delivered again");

    public RewindVerb()
        : base("rewind", "Goes back, and delivers again from there; or on to now.", "actordcp rewind --group orders --vbucket 12 --to seqno:5000 --dry-run")
    {
        Options.Add(_to);
        Options.Add(_dryRun);
    }

    protected override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(_to) is null)
            throw new UsageException("--to is missing: write beginning, now or seqno:N");
        if (arguments.GetValue(_to)!.Seqno is not null && arguments.GetValue(VBucket) is null)
            throw new UsageException("--to seqno:N means one vbucket's seqno: name it with --vbucket");
    }

    protected override HttpContent Body(ParseResult arguments) =>
        JsonContent.Create(arguments.GetValue(_to)! with { DryRun = arguments.GetValue(_dryRun) }, ApiJson.Default.RewindRequest);

    private static (RewindRequest? Target, string? Mend) Read(string text) => text switch
    {
        "beginning" or "now" => (new RewindRequest(text, null, false), null),
        _ when text.StartsWith(SeqnoPrefix, StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(SeqnoPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seqno) =>
            (new RewindRequest("seqno", seqno, false), null),
        _ => (null, "is not known: write beginning, now or seqno:N"),
    };
}
