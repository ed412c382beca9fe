using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;

namespace ActorDcp.Dispatching;

/// <summary>
/// The dispatcher of the vbuckets' graphs: one thread a processor. On the .NET thread pool a thousand woken graphs queue in front of
/// whatever else the member does there, and it adds threads that take processors from the connections' read loops; batches then stay
/// as small as what was read. Graphs never block.
/// </summary>
internal static class StreamDispatcher
{
    /// <summary>Where the dispatcher is configured.</summary>
    public const string Id = "actordcp.stream-dispatcher";

    /// <summary>Akka's configuration of the dispatcher.</summary>
    public static Config Configuration() => ConfigurationFactory.ParseString(
        $$"""
        {{Id}} {
          type = Dispatcher
          executor = "{{typeof(OwnThreadsConfigurator).AssemblyQualifiedName}}"
          # the end of one batch and what came meanwhile
          throughput = 5
          own-threads {
            thread-count = {{Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)}}
          }
        }
        """);

    /// <summary>A materializer whose graphs run here and stop with the actor.</summary>
    public static IMaterializer Materializer(IActorContext context) =>
        context.Materializer(ActorMaterializerSettings.Create(context.System).WithDispatcher(Id));
}
