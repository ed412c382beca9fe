using System.Globalization;
using Akka.Configuration;

namespace ActorDcp.Dispatching;

/// <summary>
/// The dispatcher of handler actors: threads that nothing else uses, so that handlers that block can starve neither heartbeats nor
/// streams. As many handlers as there are threads, less one, may block for ever before the other handlers of the member stand still.
/// </summary>
internal static class HandlerDispatcher
{
    /// <summary>Where the dispatcher is configured.</summary>
    public const string Id = "actordcp.handler-dispatcher";

    /// <summary>Threads by default: 16, whatever the number of processors, since a blocked one costs no processor.</summary>
    public const int DefaultThreads = 16;

    /// <summary>Akka's configuration of the dispatcher.</summary>
    public static Config Configuration(int threads = DefaultThreads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return ConfigurationFactory.ParseString(
            $$"""
            {{Id}} {
              type = Dispatcher
              executor = "{{typeof(OwnThreadsConfigurator).AssemblyQualifiedName}}"
              # one batch a turn: the handlers of all vbuckets share the threads fairly
              throughput = 1
              own-threads {
                thread-count = {{threads.ToString(CultureInfo.InvariantCulture)}}
              }
            }
            """);
    }
}
