using System.CommandLine;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Operate;

/// <summary>A verb that asks a running group, or one vbucket of it, through any of its members.</summary>
internal abstract class MemberVerb : GroupVerb
{
    protected MemberVerb(string name, string description, string example)
        : base(name, description, example)
    {
        Options.Add(VBucket);
        Options.Add(Json);
    }

    protected Option<int?> VBucket { get; } = OptionOf.OptionalNumber("--vbucket", "only this vbucket", 0, 65_535);

    protected Option<bool> Json { get; } = OptionOf.Flag("--json", "print the answer as JSON");
}
