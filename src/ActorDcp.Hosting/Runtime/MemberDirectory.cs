using ActorDcp.Hosting.Http;
using Akka.Actor;
using Microsoft.Extensions.Options;

namespace ActorDcp.Hosting.Runtime;

/// <summary>The one group of this member.</summary>
internal sealed class MemberDirectory(IOptions<ActorDcpOptions> options, MemberState state, ActorSystem system, TimeProvider time) : IGroupDirectory
{
    private readonly MemberGroup _group = new(options.Value, state, system, time);

    public IReadOnlyCollection<string> Groups => [options.Value.Group];

    public IGroupStatusSource? Find(string group) => group == options.Value.Group ? _group : null;
}
