using System.CommandLine;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>Has the vbuckets of a paused group go on from exported positions.</summary>
internal sealed class ImportVerb : SettingVerb
{
    private readonly Option<string?> _from = OptionOf.Text("--from", "file of offsets, as export or drain --save-offsets wrote it");

    public ImportVerb()
        : base("import", "Has the vbuckets of a paused group go on from exported positions.", "actordcp checkpoint import --group orders --from offsets.json --dry-run") =>
        Options.Add(_from);

    protected override void Check(ParseResult arguments) => Read(arguments);

    protected override Task<OffsetsDocument> OffsetsAsync(MemberClient member, MemberQuestion question, CancellationToken stopping) =>
        Task.FromResult(Read(question.Arguments).ToDocument());

    private OffsetsFile Read(ParseResult arguments)
    {
        var file = arguments.GetValue(_from) ?? throw new UsageException("--from is missing: name a file of offsets");
        try
        {
            return OffsetsFile.Read(file);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"--from {e.Message}", e);
        }
    }
}
