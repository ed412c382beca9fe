using System.CommandLine;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>Writes the durable position of every vbucket, in the form that drain and Start read too.</summary>
internal sealed class ExportVerb : GroupVerb
{
    private readonly Option<string?> _out = OptionOf.Text("--out", "file to write instead of standard output");

    public ExportVerb()
        : base("export", "Writes the durable position of every vbucket as a file of offsets.", "actordcp checkpoint export --group orders --out offsets.json") =>
        Options.Add(_out);

    protected override async Task RunAsync(MemberClient member, MemberQuestion question, Terminal terminal, CancellationToken stopping)
    {
        var document = await member.GetAsync($"{question.Path}/offsets", OffsetsJson.Default.OffsetsDocument, stopping).ConfigureAwait(false);
        if (question.Arguments.GetValue(_out) is not { } file)
        {
            terminal.Fact(JsonSerializer.Serialize(document, OffsetsJson.Default.OffsetsDocument));
            return;
        }
        try
        {
            OffsetsFile.FromDocument("the answer", document).Write(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"--out \"{file}\" cannot be written ({e.Message}): name a file that this process may write", e);
        }
    }
}
