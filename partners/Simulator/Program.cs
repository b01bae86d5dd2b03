using System.Runtime.InteropServices;
using IncidentTracker.Simulator;

using var stop = new CancellationTokenSource();
var signal = 0;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => StopWith(context, 130));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => StopWith(context, 143));

try
{
    return await Commands.RunAsync(args, Console.Out, TimeProvider.System, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return signal;
}
catch (WrongCommand wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 2;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

void StopWith(PosixSignalContext context, int exitCode)
{
    context.Cancel = true;
    signal = exitCode;
    stop.Cancel();
}
