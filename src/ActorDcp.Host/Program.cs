using ActorDcp.Host.CommandLine;

return await ActorDcpCommandLine.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
